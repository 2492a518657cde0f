export interface Planted {
  value: string;
  format: string;
  kind: string;
  file: string;
  line: number;
}

export function randomValue(format: string): string;
export function plantCorpus(folder: string, formats: readonly string[], count: number): Planted[];
