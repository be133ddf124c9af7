// The machine code of dist/runtime.wasm, made ahead: see src/session/runtime-module.ts.
import { writeRuntimeCode } from '../session/runtime-module.ts';

if (!writeRuntimeCode())
  console.log(
    'build: this engine cannot keep machine code; the runtime will be compiled at each start',
  );
