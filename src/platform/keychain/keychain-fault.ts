/** `unopened`: the keychain could not be reached; `failed`: it reported an error; `interrupted`: by Ctrl-C. */
export type FaultKind = 'unopened' | 'silent' | 'failed' | 'interrupted';

/** Why a call gave no answer. `message` is the binding's own text. */
export class KeychainFault extends Error {
  override readonly name = 'KeychainFault';
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
