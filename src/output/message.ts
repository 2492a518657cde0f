/** What a view has to say on stderr. Notes are left out with --quiet. */
export interface Message {
  level: 'note' | 'warning';
  text: string;
}

export function note(text: string): Message {
  return { level: 'note', text };
}

export function warning(text: string): Message {
  return { level: 'warning', text };
}
