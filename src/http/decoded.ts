const decoder = new TextDecoder();

/** A body as UTF-8, which JSON between systems must be (RFC 8259 section 8.1), without a byte order mark. */
export function decoded(body: Uint8Array): string {
  return decoder.decode(body);
}
