// Stands in for when-exit and signal-exit in the bundle; see build.mjs. Both take signals for themselves and raise them
// again, which ends the process in the middle of an operation. Signals have one owner here, src/platform/io.ts; what is to be
// cleared up at the end of the process is cleared up at its end.
const atExit = (callback) => {
  process.once('exit', callback);
  return () => process.removeListener('exit', callback);
};

export { atExit as default };

/** A prompt that is still open at the end of the process has no one to answer to. */
export const onExit = () => () => {};
