// Replaces validators, serialisers and a logger that are never used; see build.mjs.
export class Ajv2020 {}
export default function unused() {}
