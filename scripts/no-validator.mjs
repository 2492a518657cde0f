// Stands in for ajv in the bundle; see build.mjs.
export class Ajv2020 {}
export default function addFormats() {}
