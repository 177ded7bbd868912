import { describe, expect, test } from 'vitest';
import { dueLine } from '../public/due.js';

describe('dueLine', () => {
  test('names the quarter', () => expect(dueLine('Q3', { due: '2026-08-14' })).toContain('Q3'));
  test('writes the month short', () => {
    expect(dueLine('Q2', { due: '2026-05-14' })).toBe('The report for Q2 is due on 14 May 2026.');
  });
});
