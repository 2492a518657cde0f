import type { Secret } from '../base/secret.ts';

/** JSON whose strings may be secrets; they are revealed only while the bytes are written. */
export type JsonBody =
  | null
  | boolean
  | number
  | string
  | Secret
  | readonly JsonBody[]
  | { readonly [name: string]: JsonBody | undefined };

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: URL;
  /** Values may be secrets: revealed only when sent, `****` in the trace. */
  headers?: Readonly<Record<string, string | Secret>>;
  /** Secrets besides those of the headers that the server knows, and must not repeat. */
  confidential?: readonly Secret[];
  /** Sent as `encoding` says. */
  body?: JsonBody;
  /** Default: json. A form is an object whose fields are texts, numbers, booleans, or lists of those. */
  encoding?: 'json' | 'form';
  /**
   * A read, or a write that the server carries out only once even if it arrives several times: repeated on 429, 5xx and
   * connection failures. Any other write is repeated only if it certainly had no effect.
   */
  repeatable: boolean;
  /** It changes nothing, whatever its method. Default: true for GET and HEAD. */
  reads?: boolean;
}

/** Whether a request changes nothing. */
export function isRead({ method, reads = method === 'GET' || method === 'HEAD' }: HttpRequest): boolean {
  return reads;
}
