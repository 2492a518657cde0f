import type { Secret } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import type { Capabilities, KeyBackend, Made } from '../ports.ts';
import type { Plan } from './operation.ts';

/** Makes what has a secret, and takes it back. */
export interface Issuer<Spec extends { name: string }> {
  create(spec: Spec): Promise<Made>;
  revoke(id: string): Promise<boolean>;
  /** All that there are; looked through where a reply was lost, or does not tell which key it made. */
  list(): Promise<readonly Key[]>;
  /** One of them, by its id; what its absence tells depends on `show`. */
  get(id: string): Promise<Key | undefined>;
  readonly capabilities: Pick<Capabilities, 'endsLists' | 'show' | 'maxKeys'>;
  /** Milliseconds that a call may take; absent: it is done when it returns. */
  readonly callLimit?: number;
  /** Milliseconds by which the clock of the API is ahead of ours. */
  clockAhead?(): number | undefined;
  /** The id of the key that a secret is of, as the API says. */
  identify?(secret: Secret): Promise<string | undefined>;
}

/** What is issued, for messages and for the journal, and the command that revokes it. */
export interface Subject {
  kind: Plan['kind'];
  noun: string;
  revocation: (id: string) => string;
}

export const keySubject: Subject = {
  kind: 'create',
  noun: 'key',
  revocation: (id) => `keys revoke ${shellWord(id)} --yes`,
};

/** What created the key or session of an operation. */
export interface OperationIssuer {
  issuer: Omit<Issuer<never>, 'create'>;
  subject: Subject;
  /** Absent for sessions. */
  backend?: KeyBackend;
}
