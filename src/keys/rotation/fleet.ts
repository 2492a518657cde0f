/** What has to be the same for a run to continue an earlier one. */
export interface FleetSelection {
  /** Where the secrets go, and how old keys end. */
  terms: string;
  /** Milliseconds since 1970; null: never; undefined: after the same span as the old key. */
  expires: number | null | undefined;
}

/** One run that rotates every key, from its first command to the one that finishes it. */
export interface Fleet {
  /** When it began, in ms since 1970. */
  startedAt: number;
  /** The new keys of earlier commands of this run. */
  doneIds: ReadonlySet<string>;
  /** Remembers a new key whose rotation is complete. */
  note(newId: string): void;
  /** To be called when the last rotation has ended. A run that is whole is forgotten. */
  close(options: { isWhole: boolean }): Promise<void>;
}
