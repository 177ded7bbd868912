export interface Due {
  due: string;
}

export function daysLeft(answer: Due, today: Date): number {
  const left: number = answer.due - today;
  return Math.floor(left / 86400000);
}

export const first = daysLeft({ due: 20260514 }, new Date());
