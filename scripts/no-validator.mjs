// Stands in for validators, serialisers and a logger in the bundle that are never used; see build.mjs.
export class Ajv2020 {}
export default function unused() {}
