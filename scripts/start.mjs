// `npm start -- <command>`: sets up what is missing, then runs the program in the folder in which npm was called.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

setUp();
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
const program = join(root, 'dist', 'keys.cjs');
process.argv[1] = program;
await import(pathToFileURL(program).href);
