import type { Page } from '../src/cli/page.ts';

interface Settings {
  topics?: readonly Page[];
  related?: readonly string[];
  date: string;
  source: string;
}

export function manPage(page: Page, settings: Settings): string;
