/** Options of `spawn` for a program with a session of its own. Windows has none: Ctrl-C reaches all programs of a console. */
export const ownSession = { detached: process.platform !== 'win32', windowsHide: true };
