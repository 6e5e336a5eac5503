import { describe, expect, test } from 'vitest';
import { geometricMean, median, spread } from '../../../bench/peers/statistics.ts';

describe('the median', () => {
  test.each([
    // values          middle  why
    [[5], 5, 'one value'],
    [[9, 1, 5], 5, 'order does not count'],
    [[1, 100, 3, 2], 2.5, 'two in the middle'],
    [[1, 2, 1000], 2, 'an outlier does not move it'],
  ])('of %j is %d (%s)', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test('of nothing is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

test('the spread is the distance of the extremes as a share of the median', () => {
  expect(spread([8, 10, 13])).toBeCloseTo(0.5);
  expect(spread([7])).toBe(0);
});

describe('the geometric mean', () => {
  test('gives twice as fast and half as fast as one', () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1);
    expect(geometricMean([1, 10, 100])).toBeCloseTo(10);
  });

  test('of nothing is an error', () => {
    expect(() => geometricMean([])).toThrow(RangeError);
  });
});
