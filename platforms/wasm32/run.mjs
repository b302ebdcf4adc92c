// Runs a WebAssembly command: node run.mjs program.wasm. Provides only two functions of WASI, fd_write and proc_exit; a
// module that imports more does not start.
import { readFileSync, writeSync } from "node:fs";

let instance;
const wasi_snapshot_preview1 = {
  fd_write(fd, parts, count, written) {
    const { buffer } = instance.exports.memory;
    const words = new DataView(buffer);
    let bytes = 0;
    for (let part = parts; part < parts + 8 * count; part += 8) {
      bytes += writeSync(fd, new Uint8Array(buffer, words.getUint32(part, true), words.getUint32(part + 4, true)));
    }
    words.setUint32(written, bytes, true);
    return 0;
  },
  proc_exit: (code) => process.exit(code),
};

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1 });
instance.exports._start();
