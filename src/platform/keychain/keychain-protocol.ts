/* What this process and the one that talks to the keychain send each other: one JSON document per line. */

export interface KeychainRequest {
  operation: 'read' | 'write' | 'remove';
  account: string;
  value?: string;
}

/** `opened` comes before the answer, as soon as the keychain has been reached. */
export type KeychainReply = { opened: true } | { answer: string | boolean | null } | { failure: string };
