// The department's page around <face-scan>: at its end the back end fetches the verdict.

const scan = document.querySelector("#face-scan");
const fetched = document.querySelector("#fetch");
const back = document.querySelector("#another-way").href;

for (const end of ["passed", "refused"]) scan.addEventListener(end, () => setTimeout(() => fetched.submit(), 1500));
for (const other of ["again", "anotherway"]) scan.addEventListener(other, () => location.assign(back));
