// Replaces @neon-rs/load in the bundle: names libsql's native part for this machine. The original asks Node.js for a report
// on the whole process to tell glibc from musl, which costs 4 ms. libsql detects that again by itself, in a cheaper way, so
// either name works here.
const targets = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm-gnueabihf',
  'linux-arm64': 'linux-arm64-musl',
  'linux-x64': 'linux-x64-musl',
  'win32-x64': 'win32-x64-msvc',
};

export function currentTarget() {
  const machine = `${process.platform}-${process.arch}`;
  const target = targets[machine];
  if (target === undefined) throw new Error(`the embedded authority does not run on ${machine}`);
  return target;
}
