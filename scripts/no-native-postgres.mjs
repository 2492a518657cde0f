// Stands in for pg's native binding in the bundle, which speaks the protocol in JavaScript alone.
export default class NativeClient {
  constructor() {
    throw new Error('the native binding of PostgreSQL is not part of keys');
  }
}
