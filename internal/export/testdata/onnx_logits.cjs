// Runs the ONNX files in a folder in onnxruntime. Prints what TestRuntimes compares, as JSON.
// node onnx_logits.cjs FOLDER MODULES, where FOLDER is as torch_logits.py says, and MODULES has node_modules/onnxruntime-node.
const fs = require("fs");
const path = require("path");
const [folder, modules] = process.argv.slice(2);
const ort = require(path.join(path.resolve(modules), "node_modules", "onnxruntime-node"));

async function main() {
  const files = fs.readdirSync(folder).sort();
  const results = {};
  for (const [name, shape] of Object.entries(JSON.parse(fs.readFileSync(path.join(folder, "models.json"))))) {
    for (const file of files.filter((f) => f.startsWith(name + ".") && f.endsWith(".onnx"))) {
      const session = await ort.InferenceSession.create(path.join(folder, file), { intraOpNumThreads: 2 });
      const logits = {};
      for (const images of files.filter((f) => f.startsWith(name + ".images-"))) {
        const bytes = fs.readFileSync(path.join(folder, images));
        const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        const batch = values.length / shape.reduce((a, b) => a * b);
        const y = await session.run({ image: new ort.Tensor("float32", values, [batch, ...shape]) });
        logits[batch] = Array.from(y.logits.data);
      }
      results[file] = { logits };
    }
  }
  process.stdout.write(JSON.stringify(results));
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
