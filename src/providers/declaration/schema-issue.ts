/** A problem in a declaration, and where it is, such as `create.body.name`. */
export interface SchemaIssue {
  path: string;
  message: string;
}
