/** Values by account. */
export interface KeychainItems {
  /** Undefined if there is none. */
  read(account: string): Promise<string | undefined>;
  write(account: string, value: string): Promise<void>;
  /** False if there was none. */
  remove(account: string): Promise<boolean>;
}

/**
 * One service of the operating system's keychain. Every call throws `KeysError` (4): `keychain_absent`,
 * `keychain_locked`, `keychain_silent` or `keychain_failed`.
 */
export interface Keychain extends KeychainItems {
  /** "Secret Service", "macOS Keychain", "Windows Credential Manager". */
  describe(): string;
  /** Writes a value and reads it back in one go; false if something else comes back. */
  writeAndReadBack(account: string, value: string): Promise<boolean>;
  /** Writes something and removes it again: a locked keychain may claim that it is empty. */
  probe(): Promise<void>;
}
