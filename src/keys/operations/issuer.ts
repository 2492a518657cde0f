import type { Secret } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { BeforeSending } from '../before-sending.ts';
import type { Key } from '../key.ts';
import type { Capabilities, KeyBackend, Made } from '../ports.ts';
import type { Verdict } from '../verdict.ts';
import type { Plan } from './operation.ts';

/** Creates something with a secret, and revokes it. */
export interface Issuer<Spec extends { name: string }> {
  create(spec: Spec, beforeSending?: BeforeSending): Promise<Made>;
  revoke(id: string): Promise<boolean>;
  /**
   * Everything that exists, or what `references` may name, as in `KeyBackend`; searched if a reply was lost, or does not tell
   * which key it created.
   */
  list(references?: readonly string[]): Promise<readonly Key[]>;
  /** One of them, by its id; what its absence means depends on `show`. */
  get(id: string): Promise<Key | undefined>;
  readonly capabilities: Pick<Capabilities, 'endsLists' | 'show' | 'maxKeys' | 'verify'>;
  /** The time limit of a call in ms; absent: a call is over when it returns. */
  readonly callLimit?: number;
  /** By how many ms the clock of the API is ahead of ours. */
  clockAhead?(): number | undefined;
  /** As in `KeyBackend`. */
  holds?(id: string, secret: Secret): Promise<boolean | undefined>;
  /** As in `KeyBackend`. */
  verify?(secret: Secret): Promise<Verdict>;
  /** The id of the key with this secret, as the API reports it. */
  identify?(secret: Secret): Promise<string | undefined>;
}

/** What is issued, as messages and the journal call it, and the command that revokes it. */
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
