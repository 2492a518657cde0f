/** The time at which every provider is tried. */
export const now = new Date('2026-11-20T12:00:00Z');
export const in90Days = new Date('2027-02-18T12:00:00Z');
