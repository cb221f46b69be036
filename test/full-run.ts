// Whether tests that can be longer or shorter take all their time: `scripts/test full` says so.
export const isFullRun = process.env["POSTERN_TEST_FULL"] === "1";
