console.error("Uncaught TypeError: failed");
export default eval("1");
