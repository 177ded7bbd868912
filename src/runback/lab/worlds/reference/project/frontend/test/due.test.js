import { expect, test } from '@jest/globals';

import { dueLine } from '../public/due.js';

test('the due date is written out', () => {
  expect(dueLine('Q2', { due: '2026-05-14' })).toBe('The report for Q2 is due on May 14, 2026.');
});

test('the quarter is named', () => {
  expect(dueLine('Q3', { due: '2026-08-14' })).toContain('Q3');
});
