/** A failure as an HTTP answer; thrown by routes. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  /** For programs, in capitals. */
  readonly code: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: HttpProblem['details'] = {},
    headers: HttpProblem['headers'] = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** What an answer tells of a failure. */
export type ProblemFields = Pick<HttpProblem, 'status' | 'code' | 'message' | 'details' | 'headers'>;

/** The body of a failure as the generic guide has it. */
export function envelope({ code, message, details }: ProblemFields): object {
  return { success: false, error: { code, message, details } };
}
