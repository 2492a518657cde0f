// What a shell starts. The program itself is compiled from what earlier runs have kept, except where that saves nothing.

const [word, ...others] = process.argv.slice(2);
const isVersion = others.length === 0 && (word === '--version' || word === '-V');
if (isVersion || word === 'serve') require('./program.cjs');
else require('./code-cache.cjs').runFromCache('./program.cjs', word);
