"""How this country writes names and numbers: people, companies, telephones, travel documents."""
