/** A body as UTF-8, which JSON between systems must be (RFC 8259 section 8.1), without a byte order mark. */
export function decoded(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
