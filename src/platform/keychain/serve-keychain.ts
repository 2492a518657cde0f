import type { Readable } from 'node:stream';
import type { AsyncEntry } from '@napi-rs/keyring';
import type { KeychainReply, KeychainRequest } from './keychain-protocol.ts';
import { readLines } from './read-lines.ts';

export interface KeychainServer {
  service: string;
  /** Rejects if the binding is not installed. */
  loadBinding(): Promise<{ AsyncEntry: typeof AsyncEntry }>;
  /** What was read before `requests` is opened. */
  firstRequest?: string | undefined;
  readonly requests: Readable;
  reply(reply: KeychainReply): void;
  /** Whether the process that sent the request has ended. */
  isOrphaned(): boolean;
  /** Ends this process, even with a thread that is stuck. */
  end(): void;
}

/** How long the end of the requests may go unnoticed. */
const listenAfterMs = 50;

/** Answers requests until their end, which is also the end of the process that sent them. */
export function serveKeychain(server: KeychainServer): void {
  const answerTo = (line: string) =>
    perform(server, JSON.parse(line)).then(
      (answer) => server.reply({ answer }),
      (error) => server.reply({ failure: error instanceof Error ? error.message : String(error) }),
    );
  let isListening = false;
  const listen = () => {
    if (isListening) return;
    isListening = true;
    readLines(server.requests, answerTo);
    server.requests.on('end', () => server.end()).on('close', () => server.end());
  };
  if (server.firstRequest === undefined) {
    listen();
    return;
  }
  void answerTo(server.firstRequest).finally(listen);
  // Opening the stream would delay the answer, which most often is there by then.
  setTimeout(listen, listenAfterMs);
}

async function perform(
  server: KeychainServer,
  { operation, account, value = '' }: KeychainRequest,
): Promise<string | boolean | null> {
  const entry = await openEntry(server, account);
  server.reply({ opened: true });
  if (operation === 'read') return entry.getPassword();
  if (operation === 'remove') return entry.deleteCredential();
  // By now another process may have cleared up after the one that asked: a value written here would stay for ever.
  if (server.isOrphaned()) server.end();
  else await entry.setPassword(value);
  return null;
}

async function openEntry({ service, loadBinding }: KeychainServer, account: string): Promise<AsyncEntry> {
  const { AsyncEntry: Entry } = await loadBinding();
  for (;;) {
    try {
      // Unless a store is named, Linux falls back to the kernel's keyring, which forgets everything at the next boot.
      return new Entry(service, account, { linux: { store: 'secret-service' } });
    } catch (error) {
      // The binding gives up after 2 s; a keyring that is just starting may need longer.
      if (!/did not receive a reply/i.test(String(error))) throw error;
      await new Promise((resume) => setImmediate(resume));
    }
  }
}
