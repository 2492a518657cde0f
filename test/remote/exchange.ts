/** One call as it must arrive, and the documented answer. */
export interface Exchange {
  /** Method, path and query. */
  route: string;
  /** The JSON of the body; absent: no body. */
  body?: unknown;
  /** Of the body, if it is not `application/json`. */
  contentType?: string;
  status: number;
  /** Absent: an empty body. */
  answer?: unknown;
}
