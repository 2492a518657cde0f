export interface Scenario {
  what: string;
  servers: number;
  limit: number;
  demand: number;
  roundTripMs: number;
}
export interface Outcome {
  tried: number;
  admitted: number;
  most: number;
  tripsPerUse: number;
  fairness: number;
}
export const parameters: Readonly<Record<'leaseMs' | 'windowMs' | 'maxBatch', number>>;
export const scenarios: readonly Scenario[];
export const alternatives: readonly Scenario[];
export function simulate(scenario: Omit<Scenario, 'what'>): Outcome;
export function withTables(page: string): string;
