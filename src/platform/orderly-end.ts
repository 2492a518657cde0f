let isNeeded = false;

/**
 * From now on the process must be taken down in good order: libsql closes a database with its last statement, which is when
 * Node.js collects it, and only then removes the write-ahead log beside the file.
 */
export function requireOrderlyEnd(): void {
  isNeeded = true;
}

export function needsOrderlyEnd(): boolean {
  return isNeeded;
}
