// Makes dist/glue.wasm, which guest workers need before there is a translator (src/jit/wasm/builder.ts).
import { writeFileSync } from 'node:fs';
import { addGlue, newModule } from '../jit/wasm/builder.ts';

const w = newModule();
addGlue(w);
writeFileSync(new URL('../../dist/glue.wasm', import.meta.url), w.emitBinary());
w.dispose();
