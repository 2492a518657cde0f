/** Whose a session is, as far as the API tells: what it does not tell is absent. */
export interface SessionIdentity {
  user?: string;
  role?: string;
  /** RFC 3339, UTC; null: the session does not expire. */
  expiresAt?: string | null;
  /** The id of the key that is the session token, if the API lists its tokens among its keys. */
  keyId?: string;
}
