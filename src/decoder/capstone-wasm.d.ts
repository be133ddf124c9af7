// The package's own declarations do not match its "exports"; what capstone.ts uses of it.
declare module 'capstone-wasm' {
  export class Capstone {
    constructor(arch: number, mode: number);
    get handle(): number;
    setOption(option: number, value: number): number;
    getRegName(id: number): string;
    getInsnName(id: number): string;
  }
  export const Const: {
    readonly CS_ARCH_X86: number;
    readonly CS_MODE_64: number;
    readonly CS_OPT_DETAIL: number;
    readonly CS_OPT_ON: number;
  };
  export function loadCapstone(args?: Record<string, unknown>): Promise<void>;
}
