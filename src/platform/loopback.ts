/**
 * Whether packets for this host never leave the machine: 127.0.0.0/8 (RFC 1122 section 3.2.1.3), ::1 (RFC 4291
 * section 2.5.3; with or without brackets) or localhost (RFC 6761 section 6.3).
 */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/.test(host);
}
