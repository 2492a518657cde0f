export function packageProblems(paths: readonly string[]): string[];
