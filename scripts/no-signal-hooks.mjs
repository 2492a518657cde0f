// Replaces when-exit and signal-exit in the bundle; see build.mjs. Both install signal handlers and raise the signals again,
// which ends the process in the middle of an operation. Only src/platform/io.ts handles signals. Callbacks meant for the end
// of the process run at its end.
const atExit = (callback) => {
  process.once('exit', callback);
  return () => process.removeListener('exit', callback);
};

export { atExit as default };

/** A prompt that is still open when the process ends needs no clean-up. */
export const onExit = () => () => {};
