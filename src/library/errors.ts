// What can keep a program from running to its own end, as errors of their own classes.

/** The program cannot be executed, or was not found: what a shell says with status 126 or 127. */
export class NotExecutable extends Error {
  override readonly name: string = 'NotExecutable';
  readonly program: string;
  /** 126 or 127. */
  readonly status: number;
  constructor(program: string, reason: string, status: number) {
    super(`${program}: ${reason}`);
    this.program = program;
    this.status = status;
  }
}

/** An ELF file of another machine. */
export class UnsupportedArchitecture extends NotExecutable {
  override readonly name = 'UnsupportedArchitecture';
}

/** The policy ended the program at a system call. */
export class PolicyDenied extends Error {
  override readonly name = 'PolicyDenied';
  readonly syscall: string;
  constructor(syscall: string) {
    super(`the policy does not allow ${syscall}`);
    this.syscall = syscall;
  }
}

const exceeded = {
  time: (value: number): string => `ran longer than ${value} ms`,
  output: (value: number): string => `wrote more than ${value} bytes`,
  disk: (value: number): string => `the tar does not fit into ${value} bytes`,
};

/** A limit ended the program; or (disk) a session's files do not fit. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
  readonly limit: 'time' | 'output' | 'disk';
  constructor(limit: 'time' | 'output' | 'disk', value: number) {
    super(exceeded[limit](value));
    this.limit = limit;
  }
}

/** A bug of lxjit. The message says where; please report it. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
  /** Where the guest was; undefined if it was nowhere. */
  readonly pc: number | undefined;
  /** Disassembly from there, a line an instruction. */
  readonly listing: string;
  constructor(message: string, pc?: number, listing = '') {
    super(message);
    this.pc = pc;
    this.listing = listing;
  }
}
