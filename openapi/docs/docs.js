// Swagger UI on this server's own contract. Nothing is asked of anybody else: no validator, no remote configuration.

// Swagger UI sends the example of every parameter when an operation is tried out. An example of a cursor or of an ETag is
// no good one for this server, so those that may be left out are only told.
function tellExamples(parameters) {
  for (const parameter of parameters) {
    delete parameter.schema?.items?.format; // Swagger UI knows no field for a list of these
    if (parameter.required || parameter.example === undefined) continue;
    parameter.description += "\n\nFor example `" + parameter.example + "`.";
    delete parameter.example;
  }
}

function show(contract) {
  tellExamples(Object.values(contract.components.parameters));
  for (const path of Object.values(contract.paths))
    for (const operation of Object.values(path)) tellExamples(operation.parameters || []);
  SwaggerUIBundle({
    spec: contract,
    dom_id: "#operations",
    deepLinking: true,
    displayOperationId: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    persistAuthorization: false,
    validatorUrl: null,
    queryConfigEnabled: false,
  });
}

fetch("/openapi.json")
  .then((reply) => reply.json())
  .then(show)
  .catch((reason) => {
    document.getElementById("operations").textContent = "The contract cannot be shown: " + reason;
  });
