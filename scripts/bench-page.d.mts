export function performancePage(results: unknown): string;
