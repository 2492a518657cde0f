// The packages of the binding's native parts have no types of their own.
declare module '@napi-rs/keyring-linux-x64-gnu' {
  export * from '@napi-rs/keyring';
}
declare module '@napi-rs/keyring-linux-arm64-gnu' {
  export * from '@napi-rs/keyring';
}
