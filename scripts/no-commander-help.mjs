// Replaces the parts of commander that set help and suggest words, which src/cli does here; see build.mjs.
export class Help {}
export function stripColor() {}
export function suggestSimilar() {}
