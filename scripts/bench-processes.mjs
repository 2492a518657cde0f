// Processes that the benchmarks start beside what they measure.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Starts a program; resolves with its first line on stdout, and with a function that ends it and resolves once it has ended. */
export async function startProgram(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  let output = '';
  const closed = once(child, 'close');
  const ended = closed.then(() => Promise.reject(new Error(`${command} ${args[0]} ended`)));
  while (!output.includes('\n')) output += (await Promise.race([once(child.stdout, 'data'), ended]))[0];
  ended.catch(() => {});
  const end = () => {
    child.stdin.end();
    child.kill();
    return closed;
  };
  return { line: output.split('\n')[0], end, child };
}

/** A session bus with an unlocked gnome-keyring of its own; `env` leads to it. Undefined where the programs are missing. */
export async function startKeyring(folder) {
  const isThere = (program) => spawnSync('which', [program]).status === 0;
  if (!['dbus-run-session', 'gnome-keyring-daemon', 'dbus-send'].every(isThere)) return undefined;
  const env = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder };
  const daemon = 'gnome-keyring-daemon --foreground --unlock --components=secrets';
  const script = `echo "$DBUS_SESSION_BUS_ADDRESS"; printf EXAMPLE | ${daemon} >/dev/null 2>&1 & exec cat`;
  const stdio = ['pipe', 'pipe', 'ignore'];
  const session = await startProgram('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio });
  const keyring = { DBUS_SESSION_BUS_ADDRESS: session.line };
  // `cat` ends with its input, and the bus and the keyring with it; a signal would leave both of them behind.
  const end = () => {
    session.child.stdin.end();
    session.child.stdout.destroy();
  };
  const question = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/'];
  const name = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
  for (let attempt = 0; attempt < 100; attempt++) {
    const options = { env: { ...env, ...keyring }, encoding: 'utf8' };
    const { stdout } = spawnSync('dbus-send', [...question, ...name], options);
    if (stdout.includes('boolean true')) return { env: keyring, end };
    await new Promise((resume) => setTimeout(resume, 50));
  }
  end();
  return undefined;
}
