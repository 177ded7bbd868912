/** The line that tells a person when a quarter's report is due. */
export function dueLine(quarter, { due }) {
    const day = new Date(`${due}T00:00:00Z`), text = day.toLocaleDateString("en-US", { dateStyle: 'long', timeZone: 'UTC' });
    return `The report for ${quarter} is due on ${text}.`
}
