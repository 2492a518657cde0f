import type { HttpResponse } from '../http/response.ts';

/** Whether a 401 asks for a one-time password, in one of the two ways that npm registries use. */
export function asksForOtp({ headers, text }: HttpResponse): boolean {
  return /\botp\b/i.test(headers['www-authenticate'] ?? '') || /one-time pass/i.test(text);
}
