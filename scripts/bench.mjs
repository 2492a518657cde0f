// `npm run bench [-- commands|serve]`: how fast the program is, told as ratios within one run.
import { setUp } from './setup.mjs';

const [part] = process.argv.slice(2);
setUp();
if (part !== 'serve') (await import('./bench-commands.mjs')).benchCommands();
if (part !== 'commands') await (await import('./bench-serve.mjs')).benchServe();
